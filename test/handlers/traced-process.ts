/** One call that is traced by the real SDK, as its environment says. */
import middy from '@middy/core';
import { traced } from '../../src/handlers/lambda/traced.ts';
import { contextOf } from '../support/context.ts';

void middy(async () => 'answer').use(traced())(
  {},
  contextOf(() => 1_000),
);
