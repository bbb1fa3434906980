import { Problem } from '../../domain/problem.ts';
import type { HttpRequest } from './request.ts';

/**
 * Checks that a token's claim names the very organisation of the path, alone or in a list. `orgClaim` is the name of the claim; undefined where
 * callers sign with IAM, whose policy has then decided already. Throws `FORBIDDEN_ORG`, and rather too often than not: for a
 * missing token or claim, for a token where none is expected, and on a route that belongs to no organisation.
 */
export function assertOwnOrganisation({ claims, path }: HttpRequest, orgClaim: string | undefined): void {
  const isOrganisationRoute = path.orgId !== undefined;
  if (claims === undefined && (orgClaim === undefined || !isOrganisationRoute)) return;
  if (orgClaim !== undefined && claims !== undefined && isOrganisationRoute) {
    const named = Object.hasOwn(claims, orgClaim) ? claims[orgClaim] : undefined;
    if (organisationsIn(named).includes(path.orgId)) return;
  }
  throw new Problem('FORBIDDEN_ORG', 'Use a token of the organisation that the path names.');
}

/** Operators sign with IAM. Throws `FORBIDDEN_ORG` for a token, whatever it says. */
export function assertNoToken({ claims }: HttpRequest): void {
  if (claims === undefined) return;
  throw new Problem('FORBIDDEN_ORG', 'This route is for operators: sign the request with IAM.');
}

/** A list as API Gateway hands it on: in brackets, separated by blanks. No organisation id holds either. */
const LIST = /^\[(.*)\]$/s;

function organisationsIn(claim: unknown): readonly unknown[] {
  if (Array.isArray(claim)) return claim;
  if (typeof claim !== 'string') return [];
  const [, list] = LIST.exec(claim) ?? [];
  return list === undefined ? [claim] : list.split(' ');
}
