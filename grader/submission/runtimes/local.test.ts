import { findNpm } from '../npm.ts';
import { runtimeSuite } from './conformance.ts';
import { localRuntime } from './local.ts';

// It must not turn up in any sandbox.
process.env['GRADE_TEST_SECRET'] = 'leak';
runtimeSuite('local', {
  runtime: localRuntime({ path: process.env['PATH'] ?? '', npm: await findNpm(process.env) }),
  skip: false,
});
