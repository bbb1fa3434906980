/** Native ES modules throughout (middy 7 ships no CommonJS); swc only strips the types. */
export default {
  testEnvironment: '<rootDir>/test/support/plain-context.ts',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testSequencer: '<rootDir>/test/support/quick-last.ts',
  // One more than the cores it is made for: a quarter of the time of a worker is waiting for processes of its tests.
  maxWorkers: 3,
  // That a test ends is the point, not when: a busy machine takes ten times as long.
  testTimeout: 120_000,
};
