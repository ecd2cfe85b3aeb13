import type { ProviderName, ServiceProvider } from '../service.ts';
import { embedded } from './embedded.ts';
import { external } from './external.ts';
import { testcontainers } from './testcontainers.ts';

/** Every way to have a server. */
export const providers: Readonly<Record<ProviderName, ServiceProvider>> = { testcontainers, embedded, external };
