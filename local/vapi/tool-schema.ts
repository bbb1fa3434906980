import { anyObject, each, flag, list, object, type Shape, text } from './checks.ts';
import { SERVER } from './server-schema.ts';

const FUNCTION = object({
  fields: {
    name: text({ pattern: /^[a-zA-Z0-9_-]{1,64}$/ }),
    strict: flag,
    description: text(),
    parameters: anyObject,
  },
  required: ['name'],
});

/** Fields of a tool beyond the common ones, by type, after Vapi's published schema of August 2026. */
const FIELDS_BY_TYPE: Record<string, string> = {
  apiRequest:
    'name method timeoutSeconds credentialId encryptedPaths parameters description url body headers backoffPlan variableExtractionPlan',
  code: 'async server code environmentVariables timeoutSeconds credentialId variableExtractionPlan function',
  dtmf: 'sipInfoDtmfEnabled',
  endCall: '',
  function: 'async server variableExtractionPlan parameters function',
  transferCall: 'destinations',
  handoff: 'defaultResult destinations function',
  bash: 'subType server name',
  computer: 'subType server name displayWidthPx displayHeightPx displayNumber',
  textEditor: 'subType server name',
  query: 'knowledgeBases',
  'google.calendar.event.create': '',
  'google.sheets.row.append': '',
  'google.calendar.availability.check': '',
  'slack.message.send': '',
  sms: '',
  mcp: 'server toolMessages metadata',
  'gohighlevel.calendar.availability.check': '',
  'gohighlevel.calendar.event.create': '',
  'gohighlevel.contact.create': '',
  'gohighlevel.contact.get': '',
  sipRequest: 'verb headers body',
  voicemail: 'beepDetectionEnabled',
};

const REQUIRED_BY_TYPE: Record<string, readonly string[]> = {
  apiRequest: ['method', 'url'],
  code: ['code'],
  bash: ['subType', 'name'],
  computer: ['subType', 'name', 'displayWidthPx', 'displayHeightPx'],
  textEditor: ['subType', 'name'],
  sipRequest: ['verb'],
};

const TYPED = { async: flag, server: SERVER, function: FUNCTION, destinations: list() };

/** What a tool of this type takes; an unknown type takes nothing but a known one. */
export function toolShape(type: unknown): Shape {
  const known = typeof type === 'string' && Object.hasOwn(FIELDS_BY_TYPE, type) ? type : undefined;
  if (known === undefined) {
    return { fields: each('type', text({ oneOf: Object.keys(FIELDS_BY_TYPE) })), required: ['type'] };
  }
  const own = each(FIELDS_BY_TYPE[known] ?? '');
  return {
    fields: {
      ...own,
      ...Object.fromEntries(Object.entries(TYPED).filter(([name]) => name in own)),
      type: text(),
      messages: list(anyObject),
      rejectionPlan: anyObject,
    },
    required: REQUIRED_BY_TYPE[known] ?? [],
  };
}
