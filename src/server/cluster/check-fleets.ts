/** Whether fleets can be: told before any thread is started for them. */
import { Cluster, type ClusterSink, fleetOptions } from '../../simulator/index.js';
import type { ModelFleet } from './messages.js';

const NOBODY: ClusterSink = {
  onFirstScheduled: () => {},
  onTokens: () => {},
  onFinish: () => {},
  onReject: () => {},
};

/** @throws FakeaiError FAKEAI_SETTING_INVALID for a fleet that cannot be */
export const checkFleets = (fleets: readonly ModelFleet[], seed: number): readonly Cluster[] =>
  fleets.map(({ fleet }) => new Cluster({ ...fleetOptions(fleet, { seed }), sink: NOBODY }));
