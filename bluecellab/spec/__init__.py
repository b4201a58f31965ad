"""WORDS: frozen values that say what one wants. No NEURON here."""
