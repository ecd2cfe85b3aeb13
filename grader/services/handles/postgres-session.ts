import { Client, Query } from 'pg';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import type { Endpoint } from '../service.ts';

/** Most that one statement may give back: what an app stored is its own choice, the grader's memory is not. */
const MAX_ROWS = 100_000;
const MAX_TEXT_LENGTH = 64 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5000;

/** One connection, opened again when it was lost. Statements run one after the other. */
export class PostgresSession implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #name: string;
  #client: Client | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(endpoint: Endpoint, name: string) {
    this.#endpoint = endpoint;
    this.#name = name;
  }

  /** @param name what the server lists the connection as */
  static async connect(endpoint: Endpoint, name: string): Promise<PostgresSession> {
    const session = new PostgresSession(endpoint, name);
    await session.#open();
    return session;
  }

  /** A second connection with the same credentials. */
  another(name: string): Promise<PostgresSession> {
    return PostgresSession.connect(this.#endpoint, name);
  }

  /** @throws {RangeError} when the rows are more than 100,000, or their text more than 64 Mi characters */
  query<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const rows = this.#turn.then(async () => this.#run<Row>(await this.#open(), sql, parameters));
    this.#turn = rows.catch(() => {});
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.end();
  }

  async #open(): Promise<Client> {
    if (this.#client) return this.#client;
    const { host, port, user, password, database } = this.#endpoint;
    const client = new Client({
      host,
      port,
      user,
      password,
      database,
      ssl: false,
      application_name: this.#name,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const forget = () => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
    } catch (error) {
      await client.end();
      throw new InfrastructureError(`Postgres at ${host}:${port} does not let ${user} in: ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.#client = client;
    return client;
  }

  #run<Row>(client: Client, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    const query = new Query<Record<string, unknown>>({
      text: sql,
      values: parameters.length > 0 ? [...parameters] : undefined,
    });
    return new Promise((resolve, reject) => {
      const rows: Row[] = [];
      let length = 0;
      query.on('row', (row) => {
        if (this.#client !== client) return;
        for (const value of Object.values(row)) length += typeof value === 'string' ? value.length : 8;
        rows.push(row as Row);
        if (rows.length <= MAX_ROWS && length <= MAX_TEXT_LENGTH) return;
        reject(new RangeError(`a statement gave more than ${MAX_ROWS} rows or ${MAX_TEXT_LENGTH} characters`));
        // There is no way to stop the rest from coming but to leave.
        this.#client = undefined;
        void client.end();
      });
      query.on('end', () => resolve(rows));
      query.on('error', reject);
      client.query(query);
    });
  }
}
