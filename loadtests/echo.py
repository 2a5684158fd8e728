"""The floor of an RPC: a synchronous grpcio server like ours that answers every call with the same bytes."""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc


def main() -> None:
    address, size = sys.argv[1], int(sys.argv[2])
    answer = b"y" * size
    handler = grpc.unary_unary_rpc_method_handler(lambda _request, _context: answer)
    server = grpc.server(ThreadPoolExecutor(16))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("load.Echo", {"Echo": handler}),))
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
