import { inspect } from 'node:util';
import type { CommandRun, Exchange, Measurement, Observation, Plot, Position } from '../report/schema.ts';

/** Most of each that one observation keeps; the rest is counted in a note. */
const MAX_EXCHANGES = 60;
/** Kept beyond that for assertions that failed, so that each can show what was sent. */
const MAX_FAILED_EXCHANGES = 20;
const MAX_COMMANDS = 100;
const MAX_ASSERTIONS = 400;
const MAX_POSITIONS = 400;
const MAX_TEXT = 2000;

/** Takes down what a check sees, within bounds. */
export class Recorder {
  readonly #assertions: Observation['assertions'] = [];
  readonly #exchanges: Exchange[] = [];
  readonly #commands: CommandRun[] = [];
  readonly #measurements: Record<string, Measurement> = {};
  readonly #positions: Position[] = [];
  readonly #plots: Plot[] = [];
  readonly #notes: string[] = [];
  #droppedExchanges = 0;
  #droppedCommands = 0;

  /** Notes one thing that was looked at. Values are shown as JSON. Returns `ok`. */
  assert(
    title: string,
    ok: boolean,
    details: {
      expected?: unknown;
      received?: unknown;
      exchange?: Exchange | undefined;
      command?: CommandRun | undefined;
    } = {},
  ): boolean {
    if (this.#assertions.length >= MAX_ASSERTIONS)
      throw new RangeError(`more than ${MAX_ASSERTIONS} assertions in one check`);
    if (details.exchange && !ok) this.#keep(details.exchange);
    const exchange = details.exchange ? this.#exchanges.indexOf(details.exchange) : -1;
    const command = details.command ? this.#commands.indexOf(details.command) : -1;
    this.#assertions.push({
      title,
      ok,
      ...('expected' in details ? { expected: show(details.expected) } : {}),
      ...('received' in details ? { received: show(details.received) } : {}),
      ...(exchange >= 0 ? { exchange } : {}),
      ...(command >= 0 ? { command } : {}),
    });
    return ok;
  }

  /** Keeps a transcript. Contract clients made by the engine call this by themselves. */
  exchange(exchange: Exchange): void {
    if (this.#exchanges.length < MAX_EXCHANGES) this.#exchanges.push(exchange);
    else this.#droppedExchanges++;
  }

  #keep(exchange: Exchange): void {
    if (this.#exchanges.includes(exchange) || this.#exchanges.length >= MAX_EXCHANGES + MAX_FAILED_EXCHANGES) return;
    this.#exchanges.push(exchange);
    if (this.#droppedExchanges > 0) this.#droppedExchanges--;
  }

  command(run: CommandRun): void {
    if (this.#commands.length < MAX_COMMANDS) this.#commands.push(run);
    else this.#droppedCommands++;
  }

  /** Keeps a number. Non-finite values are a defect of the check and throw. */
  measure(name: string, value: number, unit: string, samples: number[] = []): void {
    if (![value, ...samples].every(Number.isFinite))
      throw new RangeError(`measurement "${name}" is not a finite number`);
    this.#measurements[name] = { value, unit, samples };
  }

  position(position: Position): void {
    if (this.#positions.length < MAX_POSITIONS) this.#positions.push(position);
  }

  plot(plot: Plot): void {
    this.#plots.push(plot);
  }

  /** Something assumed or not looked at. */
  note(text: string): void {
    this.#notes.push(text);
  }

  /** Whether every assertion so far held. */
  get ok(): boolean {
    return this.#assertions.every((assertion) => assertion.ok);
  }

  /** All of it so far; also after a check was cut short. */
  observation(): Observation {
    const notes = [...this.#notes];
    if (this.#droppedExchanges > 0)
      notes.push(`${this.#droppedExchanges} more requests were sent; their transcripts are not kept.`);
    if (this.#droppedCommands > 0)
      notes.push(`${this.#droppedCommands} more commands were run; what they printed is not kept.`);
    return {
      assertions: [...this.#assertions],
      measurements: { ...this.#measurements },
      exchanges: [...this.#exchanges],
      commands: [...this.#commands],
      positions: [...this.#positions],
      plots: [...this.#plots],
      notes,
    };
  }
}

/** A value on paper: JSON for data, cut to a bounded length. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? value : json(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value, undefined, 1) ?? inspect(value);
  } catch {
    // Nested too deeply for JSON.stringify, as a hostile answer may be; or a cycle.
    return inspect(value, { depth: 6, maxArrayLength: 50, maxStringLength: MAX_TEXT });
  }
}
