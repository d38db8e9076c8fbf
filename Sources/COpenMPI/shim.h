/// Open MPI's C API, and functions for what Swift cannot import: its handles are macros that cast
/// the addresses of incomplete structures.
///
/// Everything is inline, so that the module needs no object file of its own.

#ifndef COPENMPI_SHIM_H
#define COPENMPI_SHIM_H

#include <mpi.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline MPI_Comm copenmpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm copenmpi_comm_self(void) { return MPI_COMM_SELF; }
static inline MPI_Comm copenmpi_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Request copenmpi_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Info copenmpi_info_null(void) { return MPI_INFO_NULL; }
static inline MPI_Errhandler copenmpi_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline void *copenmpi_in_place(void) { return MPI_IN_PLACE; }

static inline MPI_Datatype copenmpi_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype copenmpi_double(void) { return MPI_DOUBLE; }
static inline MPI_Datatype copenmpi_int32(void) { return MPI_INT32_T; }
static inline MPI_Datatype copenmpi_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype copenmpi_uint8(void) { return MPI_UINT8_T; }
static inline MPI_Datatype copenmpi_uint64(void) { return MPI_UINT64_T; }
static inline MPI_Datatype copenmpi_byte(void) { return MPI_BYTE; }

static inline MPI_Op copenmpi_sum(void) { return MPI_SUM; }
static inline MPI_Op copenmpi_product(void) { return MPI_PROD; }
static inline MPI_Op copenmpi_min(void) { return MPI_MIN; }
static inline MPI_Op copenmpi_max(void) { return MPI_MAX; }
static inline MPI_Op copenmpi_bitwise_and(void) { return MPI_BAND; }
static inline MPI_Op copenmpi_bitwise_or(void) { return MPI_BOR; }
static inline MPI_Op copenmpi_bitwise_xor(void) { return MPI_BXOR; }

/// Makes standard output write every finished line at once. Under a launcher it is a pipe, hence
/// fully buffered, and the last lines of a rank that is ended would be lost.
static inline void copenmpi_line_buffer_standard_output(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

/// Writes out everything buffered, before the process is ended from outside.
static inline void copenmpi_flush(void) { fflush(NULL); }

/// The number of cores the calling thread may run on, or -1. The system call is made directly
/// because the C library hides its wrapper from modules.
static inline int copenmpi_usable_cores(void) {
  unsigned long mask[128] = {0};
  if (syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) < 0) return -1;
  int cores = 0;
  for (int word = 0; word < 128; word++) cores += __builtin_popcountl(mask[word]);
  return cores;
}

/// The core that the calling thread runs on, or -1. A system call for the same reason.
static inline int copenmpi_current_core(void) {
  unsigned core = 0;
  return syscall(SYS_getcpu, &core, NULL, NULL) < 0 || core >= 128 * 64 ? -1 : (int)core;
}

/// Keeps the calling thread on a core, if the system lets it.
static inline void copenmpi_stay_on_core(int core) {
  unsigned long mask[128] = {0};
  mask[core / 64] = 1UL << core % 64;
  syscall(SYS_sched_setaffinity, 0, sizeof mask, mask);
}

#endif
