import { formatCost, formatDuration, formatSpeed, formatTokens } from '../base/format.ts';
import { type Attachment, labelOf, pathsOf } from '../chat/attachments.ts';
import type { Answer, AnswerMetrics, LeftOut, Thinking, Turn } from '../chat/conversation.ts';
import type { AnswerShape, ChipShape, ContextShape, TurnShape } from '../webview/chatProtocol.ts';
import { describeProblem } from './engineStates.ts';

/** Estimated tokens of some text, for chips; always shown with a sign that says so. */
export type EstimateTokens = (chars: number) => number;

export function turnShape(turn: Turn, estimate: EstimateTokens): TurnShape {
  const { command, text } = turn.question;
  return {
    id: turn.id,
    question: command ? `/${command} ${text}`.trimEnd() : text,
    chips: turn.question.attachments.map((attachment, index) => chipShape(`${index}`, attachment, estimate)),
    answers: turn.answers.map(answer => answerShape(answer, estimate)),
  };
}

export function chipShape(id: string, attachment: Attachment, estimate: EstimateTokens): ChipShape {
  const size = attachment.kind === 'image' ? 'image' : `≈ ${formatTokens(estimate(attachment.text.length))}`;
  const title = [...new Set(pathsOf(attachment))].join('\n') || labelOf(attachment);
  return { id, label: labelOf(attachment), size, title };
}

export function answerShape(answer: Answer, estimate: EstimateTokens): AnswerShape {
  const { author, state, metrics } = answer;
  const problem = state.kind === 'failed' ? describeProblem(state.problem) : undefined;
  return {
    id: answer.id,
    author: author ? author.model : '',
    rung: author ? answer.rung : '',
    isRemote: author?.locality === 'remote',
    state: state.kind === 'refused' ? 'failed' : state.kind,
    text: answer.text,
    thinking: answer.thinking && {
      text: answer.thinking.text,
      summary: thinkingSummary(answer.thinking, state.kind, estimate),
    },
    metrics: metrics ? metricsLine(metrics) : '',
    metricsTitle: metrics ? metricsTitle(metrics, author?.endpoint ?? '') : '',
    requestId: metrics?.requestId,
    note: noteOf(answer),
    action: problem?.action && { label: problem.action.title, command: problem.action.command },
  };
}

function noteOf({ state }: Answer): string | undefined {
  switch (state.kind) {
    case 'streaming':
      return undefined;
    case 'stopped':
      return 'Stopped.';
    case 'failed':
      return describeProblem(state.problem).sentence;
    case 'refused':
      return state.why;
    case 'finished':
      if (state.reason === 'length') return 'Cut at the longest answer that the window allows.';
      return state.reason === 'cut' ? 'The server ended the answer early.' : undefined;
  }
}

/** "Thought for 3.2 s · ≈ 410 tok": servers count thinking and answer in one, so its part is an estimate. */
function thinkingSummary(thinking: Thinking, state: Answer['state']['kind'], estimate: EstimateTokens): string {
  if (state === 'streaming' && thinking.durationMs === 0) return 'Thinking…';
  return `Thought for ${formatDuration(thinking.durationMs)} · ≈ ${formatTokens(estimate(thinking.text.length))}`;
}

/** "0.4 s first token · 41 tok/s · 512 in (480 cached) · 96 out · $0" */
export function metricsLine(metrics: AnswerMetrics): string {
  const { spans, inputTokens, cachedInputTokens, outputTokens } = metrics;
  const cached = cachedInputTokens === undefined ? '' : ` (${count(cachedInputTokens)} cached)`;
  return [
    `${formatDuration(spans.firstTokenMs)} first token`,
    formatSpeed(metrics.tokensPerSecond),
    `${count(inputTokens)} in${cached}`,
    `${count(outputTokens)} out`,
    metrics.costSource === 'local' ? '$0' : formatCost(metrics.costMicroUsd),
  ].join(' · ');
}

function count(tokens: number | undefined): string {
  return formatTokens(tokens).replace(/ tok$/, '');
}

function metricsTitle(metrics: AnswerMetrics, endpoint: string): string {
  const cost = {
    local: 'Cost: nothing, it ran on your own machines',
    notSent: 'Cost: nothing was sent',
    provider: 'Cost: as the provider reported it',
    list: 'Cost: by list price',
    userPrice: 'Cost: by the price in your settings',
    unknown: 'Cost: unknown, no price is known for this model',
  }[metrics.costSource];
  return [`${endpoint}, ${formatDuration(metrics.spans.totalMs)} in all`, cost].join('\n');
}

const WHY_LEFT_OUT: Readonly<Record<LeftOut['why'], string>> = {
  largerThanRoomLeft: 'larger than the room left',
  olderThanRoomLeft: 'older than the room left allows',
  cutToRoomLeft: 'cut to the room left',
  imagesNotSupported: 'this model cannot see images',
};

export function contextShape(usedTokens: number, windowTokens: number, leftOut: readonly LeftOut[]): ContextShape {
  return {
    used: `≈ ${count(usedTokens)} of ${formatTokens(windowTokens)}`,
    share: Math.min(1, usedTokens / windowTokens),
    leftOut: leftOut.map(({ label, why }) => ({ label, why: WHY_LEFT_OUT[why] })),
  };
}

/** Questions to begin with, about what is in front of the user. */
export function startersFor(fileName: string | undefined): readonly string[] {
  return fileName
    ? [`/explain What does ${fileName} do?`, '/tests', `What could go wrong in ${fileName}?`]
    : ['What can you do here?'];
}
