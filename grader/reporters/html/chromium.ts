import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian’s package; another place can be named by `GRADE_CHROMIUM`. */
const DEFAULT_PATH = '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why browser tests can't run here; false when they can. With `GRADE_REQUIRE_CHROMIUM=1` they run and fail instead. */
export function noChromium(env: Record<string, string | undefined>): string | false {
  const path = env['GRADE_CHROMIUM'] ?? DEFAULT_PATH;
  return env['GRADE_REQUIRE_CHROMIUM'] === '1' || existsSync(path) ? false : `no Chromium at ${path}`;
}

/** A headless Chromium for tests of the HTML report. */
export function launchChromium(env: Record<string, string | undefined>): Promise<Browser> {
  return chromium.launch({ executablePath: env['GRADE_CHROMIUM'] ?? DEFAULT_PATH, args: ARGUMENTS });
}
