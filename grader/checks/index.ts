import type { Check } from './check.ts';
import { check as appLog } from './functional/app-log.ts';
import { check as cacheHit } from './functional/cache-hit.ts';
import { check as command } from './functional/command.ts';
import { check as databaseIndex } from './functional/database-index.ts';
import { check as databaseState } from './functional/database-state.ts';
import { check as httpFlow } from './functional/http-flow.ts';
import { check as noOversell } from './functional/no-oversell.ts';
import { check as queryCount } from './functional/query-count.ts';
import { check as serviceOutage } from './functional/service-outage.ts';
import { check as httpLoad } from './load/http-load.ts';
import { check as errorDisclosure } from './security/error-disclosure.ts';
import { check as injection } from './security/injection.ts';
import { check as jwt } from './security/jwt.ts';
import { check as massAssignment } from './security/mass-assignment.ts';
import { check as passwordHashing } from './security/password-hashing.ts';
import { check as rateLimit } from './security/rate-limit.ts';
import { check as securityHeaders } from './security/security-headers.ts';
import { check as deployment } from './source/deployment.ts';
import { check as sourceFile } from './source/source-file.ts';
import { check as jestSuite } from './tests/jest-suite.ts';
import { check as testCoverage } from './tests/test-coverage.ts';
import { check as testMutation } from './tests/test-mutation.ts';

// One line a check, by area.
const all = [
  httpFlow,
  command,
  databaseState,
  appLog,
  cacheHit,
  databaseIndex,
  noOversell,
  queryCount,
  serviceOutage,
  sourceFile,
  deployment,
  jestSuite,
  testCoverage,
  testMutation,
  passwordHashing,
  jwt,
  massAssignment,
  injection,
  securityHeaders,
  errorDisclosure,
  rateLimit,
  httpLoad,
];

/** Every check by its id. Its parameters' type is known to itself alone: parse them with `check.params`. */
export const checks: ReadonlyMap<string, Check<never>> = new Map(
  all.map((check) => [check.id, check as unknown as Check<never>]),
);
