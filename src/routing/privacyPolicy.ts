import { grantNetwork, type NetworkGrant } from '../backends/permit.ts';
import type { Candidate } from './endpoint.ts';

/** What is known of the text that a request would send. */
export interface PrivacyFacts {
  /** Paths of the files the prompt is made from. */
  readonly paths: readonly string[];
  /** Text from another extension: what it holds is not known, so it stays on this machine. */
  readonly contentUnknown: boolean;
  /** The user saw this very request, its destination and its content, and said yes. */
  readonly consent: Consent | undefined;
}

/** Given by a person to one send. Bound to the destination that was shown. */
export interface Consent {
  readonly origin: string;
  readonly model: string;
  readonly givenAtMs: number;
}

export type PolicyDecision =
  | { readonly allowed: true; readonly grant: NetworkGrant | undefined }
  | { readonly allowed: false; readonly why: string };

export interface PrivacyPolicy {
  /** For calls that carry no user code: detection, listing, warm-up. */
  decideContact(origin: string, locality: Candidate['endpoint']['locality']): PolicyDecision;
  decide(candidate: Candidate, facts: PrivacyFacts): PolicyDecision;
}

/**
 * Loopback is always allowed. A server on the LAN or beyond that the user added in their own settings (machine or
 * application scope: a workspace cannot) may be used for what they chose it for on the edge and workhorse rungs; the
 * foundation rung and models that a local server hands on need consent for each send. Unknown content stays on loopback.
 */
export function createPrivacyPolicy(): PrivacyPolicy {
  return {
    decideContact(origin, locality) {
      return { allowed: true, grant: locality === 'loopback' ? undefined : grantNetwork(origin) };
    },
    decide(candidate, facts) {
      const { endpoint, model, rung } = candidate;
      const staysHere = endpoint.locality === 'loopback' && !model.isRemote;
      if (staysHere) return { allowed: true, grant: undefined };
      if (facts.contentUnknown) {
        return { allowed: false, why: 'Requests of other extensions stay on this machine.' };
      }
      const needsConsent = rung === 'foundation' || model.isRemote;
      if (needsConsent && !consentCovers(facts.consent, candidate)) {
        return { allowed: false, why: `Nothing is sent to ${endpoint.name} without your consent to this request.` };
      }
      return { allowed: true, grant: endpoint.locality === 'loopback' ? undefined : grantNetwork(endpoint.origin) };
    },
  };
}

function consentCovers(consent: Consent | undefined, candidate: Candidate): boolean {
  return consent?.origin === candidate.endpoint.origin && consent.model === candidate.model.name;
}
