"""Who does what cannot be said over OCPP: pull plugs and hold cards at a station under test, press buttons at a CSMS under test."""
