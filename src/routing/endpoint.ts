import type { Backend, ModelFacts } from '../backends/backend.ts';
import type { Locality, NetworkGrant } from '../backends/permit.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { EndpointSetting } from '../settings/settings.ts';

/** A server that the user named, or one known without being named, with the object that speaks to it. */
export interface Endpoint {
  readonly name: string;
  readonly origin: string;
  readonly locality: Locality;
  readonly backend: Backend;
  /** For calls that carry no user code; a request with code gets its own from the privacy policy. */
  readonly contactGrant: NetworkGrant | undefined;
  readonly setting: EndpointSetting;
}

/** A model that may answer now: its server was reached, it was described, and it is in memory or needs no loading. */
export interface Candidate {
  readonly rung: Rung;
  readonly endpoint: Endpoint;
  readonly model: ModelFacts;
}

/** A candidate that privacy policy let through, with the right to connect where that needs one. */
export interface PermittedCandidate extends Candidate {
  readonly grant: NetworkGrant | undefined;
}

/**
 * Why there is no candidate. A closed list, so that the status bar, "Why No Suggestion?" and chat can each say one
 * sentence and offer one action (docs/states.md).
 */
export type EngineProblem =
  | { readonly kind: 'starting' }
  | { readonly kind: 'notSetUp' }
  | { readonly kind: 'endpointUnknown'; readonly endpoint: string }
  | { readonly kind: 'serverNotRunning'; readonly endpoint: string; readonly url: string; readonly detail: string }
  | { readonly kind: 'notAnApi'; readonly endpoint: string; readonly url: string; readonly detail: string }
  | { readonly kind: 'unauthorized'; readonly endpoint: string; readonly url: string }
  | { readonly kind: 'serverSilent'; readonly endpoint: string; readonly url: string; readonly limitMs: number }
  | { readonly kind: 'redirected'; readonly endpoint: string; readonly location: string }
  | { readonly kind: 'serverFailed'; readonly endpoint: string; readonly detail: string }
  | {
      readonly kind: 'modelMissing';
      readonly endpoint: string;
      readonly model: string;
      readonly pullCommand: string | undefined;
    }
  | { readonly kind: 'modelLoading'; readonly model: string; readonly fraction: number | undefined }
  | { readonly kind: 'modelWithoutFim'; readonly endpoint: string; readonly model: string }
  | { readonly kind: 'modelRemote'; readonly endpoint: string; readonly model: string }
  | { readonly kind: 'modelHung'; readonly endpoint: string; readonly model: string }
  | { readonly kind: 'promptTooLong'; readonly model: string; readonly limitTokens: number | undefined }
  | { readonly kind: 'notPermitted'; readonly endpoint: string; readonly origin: string }
  | { readonly kind: 'unencrypted'; readonly endpoint: string; readonly origin: string }
  | { readonly kind: 'embeddedAbsent'; readonly detail: string }
  | { readonly kind: 'embeddedFileMissing'; readonly path: string }
  | { readonly kind: 'embeddedFileDamaged'; readonly path: string; readonly detail: string }
  | { readonly kind: 'embeddedCrashed'; readonly detail: string };

/** What routing asks of models/inventory: who could answer for a rung, known without waiting. */
export interface CandidateSource {
  /** In the order in which they should be tried; with none, why. */
  candidates(rung: Rung): { readonly candidates: readonly Candidate[]; readonly problem: EngineProblem | undefined };
  /** An attempt failed in a way that may have changed what is reachable: look again. */
  reportFailure(candidate: Candidate, problem: EngineProblem): void;
  /** An attempt was answered: whatever was wrong with this candidate no longer is. */
  reportAnswered(candidate: Candidate): void;
}
