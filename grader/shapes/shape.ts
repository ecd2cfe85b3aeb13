import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseYaml } from '../platform/yaml.ts';
import { type Rubric, rubricSchema } from '../rubric/schema.ts';
import { SERVICE_KINDS } from '../target/target.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const SHAPES = join(FIXTURES, 'shapes');

/** What an app has in common with every other one. */
const common = {
  title: z.string(),
  /** The file among `shapes/contracts/` that it is held against. */
  contract: z.string(),
  services: z.array(z.enum(SERVICE_KINDS)).default([]),
  /** The id under which the contract is graded, where the app's folder is found by it. */
  rubric: z.string().optional(),
};

const shapeSchema = z.strictObject({
  ...common,
  /** The variations that it has, in words. */
  'stands-for': z.array(z.string()).min(1),
  /** Ports that it listens on whatever it is told. */
  ports: z.array(z.int()).default([]),
  /** Where it is brought up. A compose file's host names are nothing but a container's. */
  runtimes: z.array(z.enum(['local', 'docker'])).default(['local']),
  /** Why nothing but a grade.yaml can settle it, where that is so. */
  'needs-settling': z.string().optional(),
  /** Where each operation of the contract is. */
  operations: z.record(z.string(), z.string()),
  /** Dotted path of a thing in the answer that makes it. */
  envelope: z.string().default(''),
  /** The app's names of fields, by the contract's. */
  fields: z.record(z.string(), z.string()).default({}),
  /** How a token is sent (`header: scheme`) and where login gives it. */
  token: z.strictObject({ sent: z.string(), received: z.string() }).optional(),
});

const brokenSchema = z.strictObject({
  ...common,
  /** What the report must give as its reason: the true one. */
  reason: z.string().transform((pattern) => new RegExp(pattern)),
});

interface Fixture {
  name: string;
  /** The submission, absolute. */
  folder: string;
  rubric: Rubric;
}

/** An app of a certain shape, and what the grader should find in it. */
export interface Shape extends Fixture, Omit<z.infer<typeof shapeSchema>, 'rubric'> {
  /** A grade.yaml that leaves nothing to be guessed; undefined where nothing has to be said. */
  settled: string | undefined;
}

/** An app that can't be started, and why. */
export interface Broken extends Fixture, Omit<z.infer<typeof brokenSchema>, 'rubric'> {}

/** All of `fixtures/shapes`, by name. */
export function readShapes(): Shape[] {
  return foldersWith(SHAPES, 'shape.yaml').map((name) => {
    const folder = join(SHAPES, name);
    const file = join(folder, 'shape.yaml');
    const { data } = parseYaml(readFileSync(file, 'utf8'), file, shapeSchema);
    const settled = join(folder, 'settled.grade.yaml');
    return {
      ...data,
      name,
      folder: join(folder, 'app'),
      rubric: rubricOf(data),
      settled: existsSync(settled) ? readFileSync(settled, 'utf8') : undefined,
    };
  });
}

/** All of `fixtures/broken`, by name. */
export function readBroken(): Broken[] {
  return foldersWith(join(FIXTURES, 'broken'), 'broken.yaml').map((name) => {
    const folder = join(FIXTURES, 'broken', name);
    const file = join(folder, 'broken.yaml');
    const { data } = parseYaml(readFileSync(file, 'utf8'), file, brokenSchema);
    return { ...data, name, folder: join(folder, 'app'), rubric: rubricOf(data) };
  });
}

function foldersWith(folder: string, file: string): string[] {
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, file)));
}

function rubricOf({ contract, services, rubric }: z.infer<z.ZodObject<typeof common>>): Rubric {
  const dir = join(SHAPES, 'contracts');
  const file = join(dir, `${contract}.yaml`);
  const { data } = parseYaml(readFileSync(file, 'utf8'), file, rubricSchema);
  return { ...data, rubric: rubric ?? data.rubric, services, dir, referenceDir: undefined };
}
