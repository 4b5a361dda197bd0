// A destination takes events or rows.
import type { EventDestination } from "./events";
import type { TableDestination } from "./rows";

export type DestinationConnector = EventDestination | TableDestination;
