import type { Place } from './place.ts';
import type { Shape } from './shape.ts';
import type { CursorSnapshot } from './snapshot.ts';
import { type AnswerPlace, indentationOf } from './stops/answerText.ts';

export function answerPlaceOf(snapshot: CursorSnapshot, place: Place, shape: Shape): AnswerPlace {
  const { prefix } = snapshot;
  const lineStart = prefix.lastIndexOf('\n') + 1;
  const lineBefore = prefix.slice(lineStart);
  const above = prefix.slice(Math.max(0, lineStart - 2000), lineStart).trimEnd();
  return {
    languageId: snapshot.languageId,
    lineBefore,
    lineRest: place.lineRest,
    previousLine: above.slice(above.lastIndexOf('\n') + 1),
    nextLine: place.below.split('\n').find(line => line.trim() !== '') ?? '',
    indentation: indentationOf(lineBefore),
    indentUnit: snapshot.indentation,
    maxLines: shape.maxLines,
  };
}
