#pragma once

#include <Python.h>

#include <exception>

namespace elman {

// Runs `work` without the interpreter's lock; what it throws comes back with it. The lock
// comes back without a destructor, so that a daemon thread ended by the interpreter's exit
// while it waits for the lock unwinds, where a destructor would end the process.
template <class F>
void unlocked(F work) {
  std::exception_ptr failure;
  PyThreadState* state = PyEval_SaveThread();
  try {
    work();
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  PyEval_RestoreThread(state);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace elman
