"""When the event of a label happens: chances by horizon, with rows still waiting."""
