#ifndef MOE_MLORA_CKERNELS_H
#define MOE_MLORA_CKERNELS_H

// Placeholder: the loops Swift cannot vectorise come here.

#endif
