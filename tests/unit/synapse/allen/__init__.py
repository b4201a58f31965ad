"""Tests of bluecellab.synapse.allen."""
