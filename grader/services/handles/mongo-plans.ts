import type { Db, Document } from 'mongodb';
import type { StatementPlan } from '../../target/target.ts';
import { readProfile } from './mongo-profile.ts';

const OFF = 0;
const EVERYTHING = 2;
/** The profile is a ring; the server's own default of 1 MB would lose the first statements of a busy app. */
const PROFILE_BYTES = 64 * 1024 * 1024;
const MAX_ENTRIES = 100_000;

/** Has the server's profiler take down every statement of one user while `work` runs. */
export async function recordProfile(
  databases: readonly Db[],
  user: string,
  work: () => Promise<void>,
): Promise<StatementPlan[]> {
  try {
    for (const database of databases) {
      await stop(database);
      await database.createCollection('system.profile', { capped: true, size: PROFILE_BYTES });
      await database.command({ profile: EVERYTHING, sampleRate: 1 });
    }
    await work();
    const entries: Document[] = [];
    for (const database of databases) {
      await database.command({ profile: OFF });
      entries.push(
        ...(await database
          .collection('system.profile')
          .find({}, { sort: { $natural: 1 }, limit: MAX_ENTRIES })
          .toArray()),
      );
    }
    return readProfile(entries, user);
  } finally {
    for (const database of databases) await stop(database);
  }
}

async function stop(database: Db): Promise<void> {
  await database.command({ profile: OFF });
  await database.collection('system.profile').drop();
}
