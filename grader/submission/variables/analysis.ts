import type { Sources } from '../sources.ts';
import { callSites } from './call-site.ts';
import { connections, type Connection } from './connections.ts';
import { Flow } from './flow.ts';
import { keyUses, type KeyUse } from './keys.ts';
import { listenings, type Listening } from './listening.ts';
import { Program } from './program.ts';
import { findReads, type Read } from './reads.ts';
import { readSettingsFiles } from './settings-files.ts';

/** What an app's source says about its surroundings. */
export interface Analysis {
  reads: readonly Read[];
  connections: readonly Connection[];
  listenings: readonly Listening[];
  keys: readonly KeyUse[];
  /** Values that stand beside names in example files. */
  examples: ReadonlyMap<string, string>;
}

const known = new WeakMap<Sources, Map<string, Analysis>>();

/** Looks through the source of the app in `folder`, once. */
export function analyse(sources: Sources, folder: string): Analysis {
  const byFolder = known.get(sources) ?? new Map<string, Analysis>();
  known.set(sources, byFolder);
  const found = byFolder.get(folder) ?? look(sources, folder);
  byFolder.set(folder, found);
  return found;
}

function look(sources: Sources, folder: string): Analysis {
  const flow = new Flow(new Program(sources, folder));
  const calls = callSites(flow);
  const files = readSettingsFiles(sources, folder);
  return {
    reads: [...findReads(flow), ...files.reads],
    connections: [...connections(calls, flow), ...files.connections],
    listenings: listenings(calls, flow),
    keys: keyUses(calls, flow),
    examples: files.examples,
  };
}
