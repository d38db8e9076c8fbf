#ifndef CPROCESSOR_H
#define CPROCESSOR_H

/* What a process can know of its processor before it runs code compiled for a newer one.
 *
 * The functions are compiled for the oldest x86-64 whatever the rest of the package is compiled
 * for, so that they run, and can say what is missing, where nothing else does. */

/* Returns if the processor, and the operating system for it, has every instruction set extension
 * that this package was compiled for. Otherwise ends the process with a status; where `speaks` is
 * not zero one line on standard error names what is missing. */
void processor_require_extensions(int status, int speaks);

/* The rank that Open MPI, PMIx, Slurm or PMI announced in the environment; 0 without an announcement. */
int processor_announced_rank(void);

/* The instruction set level that this package was compiled for, for example "x86-64-v3". */
const char *processor_compiled_level(void);

/* The instruction set extensions that this package was compiled for and that a processor must
 * therefore have, separated by spaces. The first call makes the text, and no other call changes it:
 * not to be called first by two threads at once. */
const char *processor_required_extensions(void);

/* The C compiler of the Swift toolchain that compiled this package. */
const char *processor_compiler(void);

/* The version of the C library that runs, whose logarithms and cosines this program calls. */
const char *processor_c_library(void);

#endif
