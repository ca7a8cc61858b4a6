import type { Permission, Session } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { SESSION, api, keepSession } from "./server";

export function useSession() {
  return useQuery({ queryKey: SESSION, queryFn: async () => keepSession(await api.session()), staleTime: 300_000 });
}

export type May = (permission: Permission) => boolean;

/** What the signed-in person may do. It hides what the server would refuse; the server decides. */
export function useMay(): May {
  const session: Session | undefined = useSession().data;
  const permissions = session?.permissions;
  return useCallback((permission) => permissions?.includes(permission) ?? false, [permissions]);
}
