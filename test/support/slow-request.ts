import { withAssistants, withSync } from '../domain/verification/verifying.ts';
import type { Environment } from './service.ts';

/**
 * An environment whose requests that make assistants, or change them, are on their way to Vapi until told. What is to
 * happen meanwhile then does, however busy the machine is.
 */
export function withSlow(
  environment: Environment,
  request: 'create' | 'update',
): { environment: Environment; isSent: Promise<void>; arrive: () => void } {
  const { promise: isSent, resolve: send } = Promise.withResolvers<void>();
  const { promise: hasArrived, resolve: arrive } = Promise.withResolvers<void>();
  const { vapi } = environment.app.sync;
  const open = vapi.open.bind(vapi);
  const onItsWay = async () => {
    send();
    await hasArrived;
  };
  const slow = withAssistants(withSync(environment.app, { vapi: { open } }), (assistants) => {
    const create: typeof assistants.create = async (payload) => {
      await onItsWay();
      return await assistants.create(payload);
    };
    const update: typeof assistants.update = async (id, patch) => {
      await onItsWay();
      return await assistants.update(id, patch);
    };
    return request === 'create' ? { create } : { update };
  });
  vapi.open = (...args) => slow.open(...args);
  return { environment, isSent, arrive };
}
