import { NO_USAGE } from '../backends/backend.ts';
import type { Cost } from '../metering/cost.ts';
import { type RequestOutcome, type RequestRecord, reasonOf } from '../metering/requestRecord.ts';
import { Stopwatch } from '../metering/stopwatch.ts';
import type { Built, DoorNeeds, Draft } from './dispatcher.ts';
import type { Candidate } from './endpoint.ts';
import { Exchange } from './exchange.ts';
import { promptPartsOf } from './promptParts.ts';

/** One try at one candidate, from its first moment to its record. */
export interface RecordedAttempt {
  readonly id: string;
  readonly stopwatch: Stopwatch;
  readonly exchange: Exchange;
  /** Appends the one record of this attempt. */
  record(outcome: RequestOutcome): RequestRecord;
}

interface Predecessor {
  readonly requestId: string;
  readonly reason: string;
}

/** Makes the records of one wish, in order: each names the one that it replaces. */
export class AttemptRecorder {
  readonly #needs: DoorNeeds;
  readonly #draft: Draft;
  #count = 0;
  #replaced: Predecessor | undefined;

  constructor(needs: DoorNeeds, draft: Draft) {
    this.#needs = needs;
    this.#draft = draft;
    this.#replaced = draft.fallbackFrom;
  }

  /** The first attempt takes over the draft's stopwatch; what that did not name yet was waiting to get here. */
  begin(candidate: Candidate, built?: Built): RecordedAttempt {
    const stopwatch = this.#count === 0 ? this.#draft.stopwatch : new Stopwatch(this.#needs.clock);
    stopwatch.lap('queueMs');
    this.#count += 1;
    const attempt = this.#count;
    const id = this.#needs.newId();
    const replaced = this.#replaced;
    if (built) this.#notePrompt(id, built);
    const exchange = new Exchange(stopwatch, built);
    return {
      id,
      stopwatch,
      exchange,
      record: outcome => {
        exchange.end(outcome);
        const record: RequestRecord = {
          id,
          startedAtMs: stopwatch.startedAtMs,
          purpose: this.#draft.purpose,
          attempt,
          ...(replaced && { fallbackFrom: replaced.requestId, fallbackReason: replaced.reason }),
          languageId: this.#draft.languageId,
          plannedReuseTokens: built?.plannedReuseTokens,
          ...answererOf(candidate, exchange),
          ...this.#measured(candidate, exchange, stopwatch),
          outcome,
        };
        this.#needs.meter.append(record);
        this.#replaced = { requestId: id, reason: reasonOf(outcome) ?? outcome.kind };
        return record;
      },
    };
  }

  #notePrompt(id: string, { request }: Built): void {
    const told = () => this.#draft.promptParts?.() ?? [];
    this.#needs.recording?.note(id, () => (told().length > 0 ? told() : promptPartsOf(request)));
  }

  #measured(candidate: Candidate, exchange: Exchange, stopwatch: Stopwatch) {
    const spans = stopwatch.spans();
    const cost = exchange.sent ? this.#costOf(candidate, exchange, stopwatch) : NOTHING_SENT;
    return {
      spans,
      usage: exchange.usage,
      finishReason: exchange.finishReason,
      serverTimings: exchange.serverTimings,
      costMicroUsd: cost.microUsd,
      costSource: cost.source,
      priceAsOf: cost.priceAsOf,
      energy: cost.energy,
    };
  }

  #costOf(candidate: Candidate, exchange: Exchange, stopwatch: Stopwatch): Cost {
    const { firstTokenMs = 0, generateMs = 0 } = stopwatch.spans();
    return this.#needs.costOf({
      endpoint: candidate.endpoint.setting,
      model: candidate.model.name,
      locality: answererOf(candidate, exchange).locality,
      // Money is not made of estimates: without the server's count it stays unknown.
      usage: exchange.usage.source === 'estimated' ? NO_USAGE : exchange.usage,
      reportedMicroUsd: exchange.reportedCostMicroUsd,
      activeMs: firstTokenMs + generateMs,
      atMs: stopwatch.startedAtMs,
    });
  }
}

const NOTHING_SENT: Cost = { microUsd: 0, source: 'notSent', priceAsOf: undefined };

function answererOf({ endpoint, model, rung }: Candidate, exchange: Exchange) {
  const isRemote = exchange.wentRemote || model.isRemote;
  return {
    rung,
    endpoint: endpoint.name,
    dialect: endpoint.backend.dialect,
    model: model.name,
    quantization: model.quantization,
    locality: isRemote ? ('remote' as const) : endpoint.locality,
  };
}
