import { type Contract, mayVary, splitRequest, typeOf, type Variation } from './contract.ts';
import { plain, rivals } from './field-names.ts';
import { segmentsOf, isParameter } from './match-route.ts';
import { otherNouns, plainSegment, singular } from './place-words.ts';
import type { Places } from './places.ts';
import type { SourceSigns } from './signs.ts';

/** Something about an app that its files do not settle. */
export interface Doubt {
  about: Variation;
  /** In a few words, such as `answers may be wrapped in "data"`. */
  because: string;
}

/** Fields around a resource that no contract asks for. */
const ENVELOPES = ['success', 'data', 'result', 'results', 'payload', 'response'];
/** What apps call who has registered or logged in, where the paths speak of neither. */
const ACCOUNTS = ['user', 'account', 'profile'];
/** Fields that apps like to require beside those of the brief. */
const REQUIRED_BESIDE = [
  'confirmPassword',
  'confirm_password',
  'passwordConfirm',
  'passwordConfirmation',
  'repeatPassword',
  'password2',
  'username',
  'firstName',
  'first_name',
  'lastName',
  'last_name',
  'phone',
  'phoneNumber',
  'dueDate',
  'due_date',
  'description',
];

/** What has to be seen live before the contract can be bound; empty for an app that follows it to the letter. Pure. */
export function doubtsOf(contract: Contract, { missing }: Places, signs: SourceSigns): Doubt[] {
  const operations = Object.values(contract);
  const allow = (what: Variation) => operations.some((operation) => mayVary(operation, what));
  return [
    ...missing
      .filter(({ operation }) => contract[operation] && mayVary(contract[operation], 'place'))
      .map(({ operation }): Doubt => ({ about: 'place', because: `no file shows ${contract[operation]?.request}` })),
    ...(allow('envelope') ? envelopeDoubts(contract, signs) : []),
    ...(allow('names') ? nameDoubts(contract, signs) : []),
    ...(allow('token') && operations.some(({ auth }) => auth) ? tokenDoubts(contract, signs) : []),
  ];
}

function envelopeDoubts(contract: Contract, { answerFields }: SourceSigns): Doubt[] {
  const given = new Set(Object.values(contract).flatMap(({ gives = {} }) => Object.keys(gives)));
  const nouns = nounsOf(contract).flatMap((noun) => otherNouns(noun));
  const accounts = given.has('token') ? ACCOUNTS : [];
  return [...new Set([...ENVELOPES, ...nouns, ...accounts])]
    .filter((field) => answerFields.has(field) && !given.has(field))
    .map((field) => ({ about: 'envelope', because: `answers may be wrapped: the code makes some with "${field}"` }));
}

function nameDoubts(contract: Contract, { words, mongo, makesId, answerFields }: SourceSigns): Doubt[] {
  const fields = Object.values(contract).flatMap(({ body = {}, gives = {} }) => [
    ...Object.entries(body),
    ...Object.entries(gives),
  ]);
  const names = new Set(fields.filter(([, type]) => typeOf(type) !== 'id').map(([name]) => name));
  const spelt = new Set([...words].map(plain));
  const doubts: Doubt[] = [];
  for (const name of names) {
    const rival = rivals(name).find((word) => words.has(word) && !names.has(word));
    if (name !== 'id' && !spelt.has(plain(name))) doubts.push({ about: 'names', because: `the code has no "${name}"` });
    else if (rival !== undefined) doubts.push({ about: 'names', because: `"${name}" may be called "${rival}"` });
  }
  const gaveId = fields.some(([name]) => name === 'id');
  if (gaveId && mongo && !makesId)
    doubts.push({ about: 'names', because: 'MongoDB calls an id "_id", and the code makes no "id" of it' });
  const otherId = [...nounsOf(contract).map((noun) => `${singular(plainSegment(noun))}_id`), 'uuid'].find((word) =>
    words.has(word),
  );
  if (gaveId && !makesId && !answerFields.has('id') && otherId !== undefined)
    doubts.push({ about: 'names', because: `an id may be called "${otherId}": the code makes no answer with "id"` });
  for (const word of REQUIRED_BESIDE)
    if (words.has(word) && !names.has(word))
      doubts.push({ about: 'names', because: `"${word}" may be asked for as well` });
  return doubts;
}

function tokenDoubts(contract: Contract, { tokenWays, answerFields, makesToken }: SourceSigns): Doubt[] {
  const doubts: Doubt[] = [];
  const given = Object.values(contract).some(({ gives }) => gives && Object.hasOwn(gives, 'token'));
  if (given && !answerFields.has('token') && !makesToken)
    doubts.push({ about: 'token', because: 'the code makes no answer with "token"' });
  if (tokenWays.length === 1) return doubts;
  const because =
    tokenWays.length === 0
      ? 'the code does not show how it takes a token'
      : `tokens are read in ${tokenWays.length} ways: ${tokenWays.map(({ header, prefix }) => `${header} ${prefix}`.trim()).join(', ')}`;
  return [...doubts, { about: 'token', because }];
}

/** The nouns of a contract's paths, as they stand there. */
function nounsOf(contract: Contract): string[] {
  const segments = Object.values(contract).flatMap((operation) => segmentsOf(splitRequest(operation)[1]));
  return [...new Set(segments.filter((segment) => !isParameter(segment)))].filter(
    (segment) => singular(plainSegment(segment)) !== plainSegment(segment),
  );
}
