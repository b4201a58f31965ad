"""Live synapses: point processes, their connections, replayed spikes and minis."""
