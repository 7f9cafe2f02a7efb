#![doc = include_str!("../README.md")]

mod block;
mod budget;
mod config;
mod control;
mod cuda;
mod egl;
mod fault;
mod functions;
mod gpu;
mod leaks;
mod legacy;
mod log;
mod mapping;
mod nvbuf;
mod region;
mod release;
mod report;
mod rule;
mod sites;
mod stats;
mod table;
mod threads;
mod transform;
mod wishes;
