import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fieldsIn, learnTakes } from './refusal.ts';

const WORDS = new Set([
  'task',
  'firstName',
  'last_name',
  'username',
  'confirmPassword',
  'email',
  'password',
  'title',
  'status',
  'user',
  'message',
]);
const of = (json: unknown) => fieldsIn({ text: JSON.stringify(json), json }, WORDS).map(({ name }) => name);

describe('the fields that a refusal names', () => {
  const table: [what: string, json: unknown, fields: string[]][] = [
    ['mongoose', { message: 'Todo validation failed: task: Path `task` is required.' }, ['task']],
    ['joi', { error: '"firstName" is required' }, ['firstName']],
    ['zod', { errors: [{ code: 'invalid_type', path: ['task'], message: 'Required' }] }, ['task']],
    [
      'express-validator',
      { errors: [{ type: 'field', msg: 'Invalid value', path: 'username', location: 'body' }] },
      ['username'],
    ],
    ['ajv', { statusCode: 400, message: "body must have required property 'task'" }, ['task']],
    ['class-validator', { message: ['task should not be empty', 'task must be a string'] }, ['task']],
    ['postgres', { error: 'null value in column "task" of relation "todos" violates not-null constraint' }, ['task']],
    ['in words', { msg: 'First name is required' }, ['firstName']],
    ['a list', { msg: 'Please provide username, email and password' }, ['username', 'email', 'password']],
    ['by field', { errors: { confirmPassword: 'Passwords do not match' } }, ['confirmPassword']],
    [
      'in a list beside a code',
      {
        error: {
          status: 'VALIDATION_FAILED',
          message: 'Some values are not valid. Is the title right?',
          details: [{ field: 'task', message: 'There is no username' }],
        },
      },
      ['task'],
    ],
    ['an error with a status is no list of fields', { error: { status: 'X', message: 'Bad' } }, []],
    ['not what is said around it', { status: 'fail', user: 'none', message: 'Bad' }, []],
    ['nothing', { message: 'All fields are required' }, []],
    ['what the source does not know', { message: 'Your shoe is required' }, []],
  ];
  for (const [what, json, fields] of table) test(what, () => assert.deepEqual(of(json), fields));

  test('plain text', () => {
    assert.deepEqual(
      fieldsIn({ text: 'Last name must not be empty', json: undefined }, WORDS).map(({ name }) => name),
      ['last_name'],
    );
  });
});

describe('what is sent otherwise', () => {
  const none = { names: {}, adds: {} };
  const learn = (fields: string[], sent: Record<string, unknown>, taken: string[] = [], says = '') =>
    learnTakes(
      none,
      fields.map((name) => ({ name, says })),
      sent,
      (name) => taken.includes(name),
    );

  test('a field that the app calls otherwise is renamed', () => {
    assert.deepEqual(learn(['task'], { title: 'a' }), { names: { title: 'task' }, adds: {} });
  });
  test('it is renamed also where the refusal says that the contract’s own is unknown', () => {
    assert.deepEqual(learn(['task', 'title'], { title: 'a' }).names, { title: 'task' });
  });
  test('a wrong guess is taken back when the contract’s own is missed', () => {
    assert.deepEqual(
      learnTakes({ names: { title: 'task' }, adds: {} }, [{ name: 'title', says: '' }], { title: 'a' }, () => true),
      none,
    );
  });
  test('one that it has as well is added', () => {
    assert.deepEqual(learn(['description'], { title: 'a' }, ['title']), {
      names: {},
      adds: { description: { value: 'some words to fill it' } },
    });
  });
  test('a user’s usual fields are made of those that are there', () => {
    const user = { name: 'Ada King', email: 'a@b.c', password: 'p' };
    assert.deepEqual(
      learn(['firstName', 'lastName', 'confirmPassword', 'username'], user, ['email', 'password', 'name']).adds,
      {
        firstName: { word: 'first', of: 'name' },
        lastName: { word: 'last', of: 'name' },
        confirmPassword: { copy: 'password' },
        username: { local: 'email' },
      },
    );
  });
  test('the refusal’s own words say what it must be', () => {
    assert.deepEqual(learn(['level'], { title: 'a' }, ['title'], 'level must be one of [low, high]').adds, {
      level: { value: 'low' },
    });
    assert.deepEqual(learn(['level'], { title: 'a' }, ['title'], 'level must be a number').adds, {
      level: { value: 1 },
    });
  });
  test('nothing new is the same value', () => {
    assert.equal(
      learnTakes(none, [{ name: 'title', says: '' }], { title: 'a' }, () => true),
      none,
    );
  });
});
