import { connectionFeatures, featureTable } from '@tandem/engine';
import { heldData } from '@tandem/engine/microsoft-data/held-data.ts';
import { offBecause } from '@tandem/engine/microsoft-data/purge-plan.ts';
import type { MicrosoftDataBoard } from '../microsoft-data-board.ts';
import { instant } from '../views/shape.ts';

/** The table of what is kept, with nothing in it yet. */
export const memoryMicrosoftData = (wall: () => number): MicrosoftDataBoard => ({
  show: async (connection) => ({
    connection: connection.id,
    items: connectionFeatures.map((feature) => ({
      feature,
      title: featureTable[feature].title,
      on: offBecause(connection, feature) === undefined,
      held: heldData.filter((one) => one.feature === feature).map((one) => ({ ...one, count: 0 })),
      purges: [],
    })),
  }),
  give: async (connection, feature) => ({
    connection: connection.id,
    feature,
    at: instant(wall()),
    held: [],
  }),
});
