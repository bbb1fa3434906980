import { Problem } from '../../domain/problem.ts';
import type { HttpRequest } from './request.ts';

/**
 * Checks that a token's claim names the very organisation of the path. `orgClaim` is the name of the claim; undefined where
 * callers sign with IAM, whose policy has then decided already. Throws `FORBIDDEN_ORG`, and rather too often than not: for a
 * missing token or claim, for a token where none is expected, and on a route that belongs to no organisation.
 */
export function assertOwnOrganisation({ claims, path }: HttpRequest, orgClaim: string | undefined): void {
  const isOrganisationRoute = path.orgId !== undefined;
  if (claims === undefined && (orgClaim === undefined || !isOrganisationRoute)) return;
  if (orgClaim !== undefined && claims !== undefined && isOrganisationRoute) {
    const named = Object.hasOwn(claims, orgClaim) ? claims[orgClaim] : undefined;
    if (named === path.orgId) return;
  }
  throw new Problem('FORBIDDEN_ORG', 'Use a token of the organisation that the path names.');
}
