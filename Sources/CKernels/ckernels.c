#include "ckernels.h"
typedef int ckernels_translation_unit_is_not_empty;
