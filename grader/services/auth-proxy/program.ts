import { createRelay } from '../forwarder.ts';
import { createAuthProxy } from './auth-proxy.ts';
import { bsonBinary, bsonDocument, bsonElement, bsonElements, bsonText } from './bson.ts';
import { readFrame } from './frame.ts';
import { joinMongo } from './mongo.ts';
import { mongoLogin, mongoReception } from './mongo-login.ts';
import { mongoBody, mongoMessage, mongoMessages, mongoReplaced, mongoSize } from './mongo-wire.ts';
import { authenticatePostgres, joinPostgres, postgresStartup } from './postgres.ts';
import { joinRedis, redisCommands } from './redis.ts';
import { scramClient, scramFields, scramKeys, scramServer } from './scram.ts';

/**
 * All functions of the proxy. A container has Node, of whatever version, and none of the grader's files or packages:
 * these functions' own text is the program. Each may use its arguments, the others in this list by their names, and
 * what MODULES has of Node's own; no constant beside a function, and nothing newer than Node 18.
 */
const FUNCTIONS = [
  createRelay,
  createAuthProxy,
  readFrame,
  joinRedis,
  redisCommands,
  joinPostgres,
  postgresStartup,
  authenticatePostgres,
  joinMongo,
  mongoLogin,
  mongoReception,
  mongoBody,
  mongoMessage,
  mongoMessages,
  mongoReplaced,
  mongoSize,
  bsonBinary,
  bsonDocument,
  bsonElement,
  bsonElements,
  bsonText,
  scramClient,
  scramFields,
  scramKeys,
  scramServer,
];
const MODULES = ['crypto', 'dns', 'net', 'stream', 'tls'];

/**
 * A program for `node -e`: an authenticating proxy. Its one argument is AuthProxyOptions as JSON. It hangs up on SIGHUP and
 * goes on on SIGUSR2.
 *
 * The server's name is asked of the name server alone: in the system's list of hosts, which the app shares, it may
 * stand for this proxy.
 */
export const AUTH_PROXY_PROGRAM = `
${MODULES.map((name) => `const ${name} = require('node:${name}');`).join('\n')}
${FUNCTIONS.map(String).join('\n')}
const lookup = (host, options, done) =>
  dns.resolve4(host, (error, found = []) => {
    if (error || !options.all) done(error, found[0], 4);
    else done(null, found.map((address) => ({ address, family: 4 })));
  });
const proxy = createAuthProxy(JSON.parse(process.argv[1]), lookup);
process.on('SIGHUP', () => proxy.close());
process.on('SIGUSR2', () => proxy.listen());
// Signals alone keep no program waiting.
setInterval(() => {}, 2 ** 30);
proxy.listen();
`;
