//! What is one map, and what is done between maps.
