export {
  type EventKind,
  type EventKinds,
  type EventRenderer,
  gatherEventKinds,
  previousAttributes,
  type Snapshot,
  tellingWhatChanged,
  type Undelivered,
} from './event-kind.ts';
export {
  appendChange,
  type Cause,
  type ChangeRow,
  eventIdOf,
  newChangeId,
} from './events.store.ts';
export { findEvent, findEvents } from './find-event.ts';
export { handOn, isAnythingOwed, type Listener, type Owed } from './hand-on.ts';
export { lastEventCarriesItsNumber } from './last-event.ts';
export {
  API_VERSION,
  canBeShown,
  EVENT,
  eventsOf,
  type LoggedEvent,
  renderEvent,
  toShow,
} from './render-event.ts';
export { eachToldKey } from './told-keys.ts';
export {
  gatherTrace,
  type Trace,
  type TraceEntry,
  type TraceSource,
  traceEvents,
} from './trace.ts';
