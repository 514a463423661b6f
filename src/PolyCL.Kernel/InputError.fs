namespace PolyCL.Kernel

/// Wrong input or arguments: one sentence that says what, where, and how to mend it.
exception internal InputError of sentence: string * file: string option
