import { anything, each, list, type Shape, text } from './checks.ts';
import { SERVER } from './server-schema.ts';

/** Fields of a phone number beyond the common ones, by provider, after Vapi's published schema of August 2026. */
const FIELDS_BY_PROVIDER: Record<string, string> = {
  'byo-phone-number': 'numberE164CheckEnabled number credentialId',
  twilio: 'smsEnabled number twilioAccountSid twilioAuthToken twilioApiKey twilioApiSecret',
  vonage: 'number credentialId',
  vapi: 'numberDesiredAreaCode sipUri authentication',
  telnyx: 'number credentialId',
};

const REQUIRED_BY_PROVIDER: Record<string, readonly string[]> = {
  'byo-phone-number': ['credentialId'],
  twilio: ['number', 'twilioAccountSid'],
  vonage: ['number', 'credentialId'],
  telnyx: ['number', 'credentialId'],
};

/** What a phone number of this provider takes; an unknown provider takes nothing but a known one. */
export function phoneNumberShape(provider: unknown): Shape {
  const known = typeof provider === 'string' && Object.hasOwn(FIELDS_BY_PROVIDER, provider) ? provider : undefined;
  if (known === undefined) {
    return { fields: each('provider', text({ oneOf: Object.keys(FIELDS_BY_PROVIDER) })), required: ['provider'] };
  }
  return {
    fields: {
      ...each(FIELDS_BY_PROVIDER[known] ?? ''),
      provider: text(),
      name: text({ max: 40 }),
      assistantId: text(),
      workflowId: text(),
      squadId: text(),
      server: SERVER,
      hooks: list(),
      fallbackDestination: anything,
    },
    required: REQUIRED_BY_PROVIDER[known] ?? [],
  };
}
