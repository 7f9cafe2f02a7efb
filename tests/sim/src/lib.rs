#![doc = include_str!("../README.md")]

mod config;
mod control;
mod cuda;
mod fault;
mod functions;
mod log;
mod nvbuf;
mod region;
mod report;
mod stats;
mod table;
mod threads;
