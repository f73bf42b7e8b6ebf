export { keepRealTime } from './clock.store.ts';
export { followerOf, provideFollower, startFollowing } from './follow-clock.ts';
