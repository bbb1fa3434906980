import { anyObject, anything, flag, list, number, object, text } from './checks.ts';

/** Where Vapi sends requests to: the same object in assistants, tools and phone numbers. */
export const SERVER = object({
  fields: {
    url: text(),
    timeoutSeconds: number({ min: 1, max: 300 }),
    credentialId: text(),
    staticIpAddressesEnabled: flag,
    encryptedPaths: list(text()),
    headers: anyObject,
    backoffPlan: anything,
  },
});
