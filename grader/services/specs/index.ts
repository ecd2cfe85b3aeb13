import type { ServiceKind, ServiceSpec } from '../service.ts';
import { mongo } from './mongo.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';

/** Every service that a rubric may name. */
export const specs: { readonly [Kind in ServiceKind]: ServiceSpec<Kind> } = { mongo, postgres, redis };
