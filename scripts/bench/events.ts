import { randomUUID } from 'node:crypto';

/** A configuration of a usual size: a prompt of about 1,500 characters. */
export function configuration(prompt = 'You are the front desk. ') {
  return {
    name: 'Front desk',
    firstMessage: `${prompt}How may I help you?`,
    model: {
      provider: 'openai' as const,
      model: 'gpt-4o' as const,
      temperature: 0.3,
      messages: [
        { role: 'system' as const, content: `${prompt}${'Ask for the name and the reason of the call. '.repeat(33)}` },
      ],
    },
    voice: { provider: 'azure' as const, voiceId: 'en-US-JennyNeural' },
    transcriber: { provider: 'deepgram' as const, model: 'nova-2' as const, language: 'en' as const },
    endCallMessage: 'Goodbye.',
    maxDurationSeconds: 600,
  };
}

interface Route {
  method: string;
  orgId: string;
  role?: string;
  suffix?: string;
  body?: unknown;
}

/** An event of API Gateway's HTTP API (payload 2.0), with the headers that it usually carries. */
export function httpEvent({ method, orgId, role, suffix = '/assistants', body }: Route): unknown {
  return {
    version: '2.0',
    routeKey: `${method} /orgs/{orgId}${suffix}${role ? '/{role}' : ''}`,
    rawPath: `/orgs/${orgId}${suffix}${role ? `/${role}` : ''}`,
    rawQueryString: '',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      host: 'api.example.com',
      'user-agent': 'bench',
      'x-forwarded-proto': 'https',
    },
    requestContext: { http: { method, path: `/orgs/${orgId}`, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' } },
    pathParameters: { orgId, ...(role ? { role } : {}) },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** An event of a queue with one task. */
export function taskEvent(task: unknown): unknown {
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: '0', SenderId: 'bench' };
  const source = { eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:tasks' };
  const message = { messageId: 'message-1', receiptHandle: 'receipt-1', md5OfBody: '', awsRegion: 'eu-central-1' };
  return { Records: [{ ...message, ...source, attributes, messageAttributes: {}, body: JSON.stringify(task) }] };
}
