import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

/**
 * Lines of JSON in a file, each on the disk before `append` resolves, so that a crash loses nothing that was
 * promised. One process has it open at a time.
 */
export class Journal<Entry> implements AsyncDisposable {
  readonly #file: string;
  #handle: FileHandle;
  #waiting: { line: string; done: () => void; failed: (reason: unknown) => void }[] = [];
  #writing: Promise<void> | undefined;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /**
   * Opens the journal, makes it when it is not there, and reads what it holds.
   *
   * @returns its entries, oldest first; a line that a crash cut off, or that no longer fits the schema, is left out
   */
  static async open<Entry>(
    file: string,
    schema: z.ZodType<Entry>,
  ): Promise<{ journal: Journal<Entry>; entries: Entry[] }> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const handle = await open(file, 'a', 0o600);
    // What comes next must not be glued to half a line.
    if (text !== '' && !text.endsWith('\n')) await handle.write('\n');
    return {
      journal: new Journal<Entry>(file, handle),
      entries: text.split('\n').flatMap((line) => parsed(line, schema)),
    };
  }

  /** Resolves when the entry is on the disk. Entries that come while one is written go to the disk together. */
  append(entry: Entry): Promise<void> {
    const written = new Promise<void>((done, failed) => {
      this.#waiting.push({ line: `${JSON.stringify(entry)}\n`, done, failed });
    });
    this.#writing ??= this.#write();
    return written;
  }

  /** Replaces everything in it, at once or not at all. */
  async rewrite(entries: readonly Entry[]): Promise<void> {
    await this.#writing;
    const draft = `${this.#file}.new`;
    const next = await open(draft, 'w', 0o600);
    await next.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    await next.sync();
    await next.close();
    await rename(draft, this.#file);
    await this.#handle.close();
    this.#handle = await open(this.#file, 'a', 0o600);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#handle.write(batch.map(({ line }) => line).join(''));
        await this.#handle.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = undefined;
  }
}

function parsed<Entry>(line: string, schema: z.ZodType<Entry>): Entry[] {
  try {
    const { success, data } = schema.safeParse(JSON.parse(line));
    return success ? [data] : [];
  } catch {
    return [];
  }
}
