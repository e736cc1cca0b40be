//! What each kind of event makes of a state.
