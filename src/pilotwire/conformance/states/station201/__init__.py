"""Reusable and memory states of OCPP 2.0.1 Part 6, sections 2.18 and 2.19: a charging station under test, the tester is the CSMS."""

from __future__ import annotations

from pilotwire.conformance.states.station201.around import charging_profile_set as charging_profile_set
from pilotwire.conformance.states.station201.around import id_token_cached as id_token_cached
from pilotwire.conformance.states.station201.around import id_token_in_local_list as id_token_in_local_list
from pilotwire.conformance.states.station201.around import reserved as reserved
from pilotwire.conformance.states.station201.around import unavailable as unavailable
from pilotwire.conformance.states.station201.beginning import booted as booted
from pilotwire.conformance.states.station201.beginning import energy_transfer_started as energy_transfer_started
from pilotwire.conformance.states.station201.beginning import energy_transfer_suspended as energy_transfer_suspended
from pilotwire.conformance.states.station201.beginning import ev_connected_pre_session as ev_connected_pre_session
from pilotwire.conformance.states.station201.beginning import suspension_told as suspension_told
from pilotwire.conformance.states.station201.beginning import tries as tries
from pilotwire.conformance.states.station201.ending import absent_or_local as absent_or_local
from pilotwire.conformance.states.station201.ending import departure_told as departure_told
from pilotwire.conformance.states.station201.ending import ev_connected_post_session as ev_connected_post_session
from pilotwire.conformance.states.station201.ending import ev_disconnected as ev_disconnected
from pilotwire.conformance.states.station201.ending import leaving_told as leaving_told
from pilotwire.conformance.states.station201.ending import local_stop_told as local_stop_told
from pilotwire.conformance.states.station201.ending import master_stop_told as master_stop_told
from pilotwire.conformance.states.station201.ending import parking_bay_unoccupied as parking_bay_unoccupied
from pilotwire.conformance.states.station201.ending import rest_told as rest_told
from pilotwire.conformance.states.station201.ending import stop_authorized as stop_authorized
from pilotwire.conformance.states.station201.ending import stop_told as stop_told
from pilotwire.conformance.states.station201.words import BEGINS_OR_GOES_ON as BEGINS_OR_GOES_ON
from pilotwire.conformance.states.station201.words import ENDS_OR_GOES_ON as ENDS_OR_GOES_ON
from pilotwire.conformance.states.station201.words import TELLS_AUTHORIZATION as TELLS_AUTHORIZATION
from pilotwire.conformance.states.station201.words import Asking as Asking
from pilotwire.conformance.states.station201.words import How as How
from pilotwire.conformance.states.station201.words import Steps as Steps
from pilotwire.conformance.states.station201.words import asks_authorize as asks_authorize
from pilotwire.conformance.states.station201.words import authorization as authorization
from pilotwire.conformance.states.station201.words import authorization_told as authorization_told
from pilotwire.conformance.states.station201.words import authorized as authorized
from pilotwire.conformance.states.station201.words import id_token as id_token
from pilotwire.conformance.states.station201.words import parking_bay_occupied as parking_bay_occupied
from pilotwire.conformance.states.station201.words import present_token as present_token
from pilotwire.conformance.states.station201.words import token_is as token_is
from pilotwire.conformance.states.station201.words import transaction_event as transaction_event
from pilotwire.conformance.states.station201.words import unless_state as unless_state
