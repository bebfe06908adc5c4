"""Engines: ways to run a plan over a cube. All give the same numbers; the loops decide who is right.

What happens to a plan, and where each step lives:

1. `planning` orders the definitions, names the fields they read, and says what they take from beyond their stock-days.
2. `select` takes the engine asked for, or the best there is for the device.
3. The matrix engine (`matrix`) calls each definition on arrays, tile by tile; the loops (`loop`) are the specification.
4. The fused engine (`fused`) goes on: it calls each definition once on symbols (`ir.trace`, `fused.trace`). A verb that
   a symbol meets becomes operations (`lowering`), and these a graph in which equal ones are one (`ir.graph`). What an
   operation is stands in one table (`ir.ops`).
5. A plan that reads other stocks, the market or the day before becomes several graphs, one a stage
   (`cross_section.stages`).
6. Selections and quantiles by one key come to share its order (`lowering.share_orders`).
7. A graph is scheduled (`schedule`): reductions are packed into loops, dear series are stored between them, the steps
   are put in an order that keeps scratch memory small, and get slots in it.
8. A schedule is emitted as a program in C++ that no device's files stand in yet (`codegen.emit`).
9. On a CPU the program becomes one text (`codegen.sources`), is compiled by the machine's compiler (`toolchain`) and
   called on ranges of blocks from several threads (`fused.libraries`, `fused.run`).
10. On a GPU the graph is cut into several programs (`fused.gpu`), which become CUDA kernels (`codegen.cuda`), compiled
    by NVRTC and launched batch by batch (`gpu`).
11. Between stages the steps over all stocks run on the host (`cross_section.exchange`), in C++ where they can
    (`cross_section.series`).
12. What could not be traced runs on the matrix engine beside the rest, and the notes say why.

Graphs, programs and compiled code are kept for the next call (`codegen.cache`): those of the library's own definitions
until others take their place, those of a user's plan as long as it lives.
"""
