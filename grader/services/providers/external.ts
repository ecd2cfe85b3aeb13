import { InfrastructureError } from '../../platform/errors.ts';
import type { ServiceProvider } from '../service.ts';
import { openService } from '../tenancy.ts';

/** Servers that run somewhere already. Only what the grader makes in them is removed again. */
export const external: ServiceProvider = {
  name: 'external',
  available: async () => ({ ok: true, detail: 'servers are named by their URLs' }),
  start: (spec, options) => {
    const left = (options.urls[spec.kind] ?? '').split(/\s+/).filter(Boolean);
    return openService(spec, 'external', options, async () => {
      const text = left.shift();
      if (text === undefined) throw noUrl(spec.kind, spec.title, options.urls[spec.kind] !== undefined);
      const admin = spec.endpoint(new URL(text));
      return {
        admin,
        owned: false,
        detail: `the server at ${admin.host}:${admin.port}`,
        address: async () => ({ host: admin.host, port: admin.port }),
        ended: new Promise(() => {}),
        [Symbol.asyncDispose]: async () => {
          left.push(text);
        },
      };
    });
  },
};

function noUrl(kind: string, title: string, given: boolean): InfrastructureError {
  const variable = `GRADE_${kind.toUpperCase()}_URL`;
  return given
    ? new InfrastructureError(`each app needs an empty ${title} server of its own, and ${variable} names too few`, {
        mend: `Name one more in ${variable}, separated by a space.`,
      })
    : new InfrastructureError(`no ${title} server is named`, { mend: `Set ${variable}.` });
}
