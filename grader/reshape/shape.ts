/** In what a re-shaped submission differs from the one that it was. */
export interface Shape {
  prefix: '' | '/api' | '/api/v1';
  envelope: 'none' | 'data' | 'success-data' | 'message-resource';
  /** How the token is sent, and where a login gives it. */
  token: 'bearer' | 'x-auth-token' | 'raw' | 'cookie';
  gives: 'token' | 'accessToken' | 'data.token';
  names: 'contract' | 'other';
  folder: 'root' | 'day folder' | 'backend' | 'workspace';
  modules: 'esm' | 'commonjs';
  packages: 'npm' | 'yarn' | 'pnpm' | 'no lock';
}

export const LITERAL: Shape = {
  prefix: '',
  envelope: 'none',
  token: 'bearer',
  gives: 'token',
  names: 'contract',
  folder: 'root',
  modules: 'esm',
  packages: 'npm',
};

const CHOICES: { [Dimension in keyof Shape]: readonly Shape[Dimension][] } = {
  prefix: ['', '/api', '/api/v1'],
  envelope: ['none', 'data', 'success-data', 'message-resource'],
  token: ['bearer', 'x-auth-token', 'raw', 'cookie'],
  gives: ['token', 'accessToken', 'data.token'],
  names: ['contract', 'other'],
  folder: ['root', 'day folder', 'backend', 'workspace'],
  modules: ['esm', 'commonjs'],
  packages: ['npm', 'yarn', 'pnpm', 'no lock'],
};

/** A shape that follows from a seed. @param random gives numbers from 0 to 1, 1 excluded */
export function drawShape(random: () => number): Shape {
  const draw = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return {
    prefix: draw(CHOICES.prefix),
    envelope: draw(CHOICES.envelope),
    token: draw(CHOICES.token),
    gives: draw(CHOICES.gives),
    names: draw(CHOICES.names),
    folder: draw(CHOICES.folder),
    modules: draw(CHOICES.modules),
    packages: draw(CHOICES.packages),
  };
}

/** What differs from the contract's letter, in words: `prefix /api, cookie`. */
export function describeShape(shape: Shape): string {
  const parts = Object.entries(shape).filter(([dimension, value]) => LITERAL[dimension as keyof Shape] !== value);
  return parts.length === 0 ? 'as it is' : parts.map(([dimension, value]) => `${dimension} ${value}`).join(', ');
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
